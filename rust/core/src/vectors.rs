//! Vectors as wide as the processor has them, without `unsafe`: the one pattern of all hot loops.
//!
//! * A type with a hot loop keeps the [`Level`] of the processor, found when it is made.
//! * Its public function enters the loop with `dispatch!(self.level, _ => self.work(...))`. The macro
//!   compiles `work` once for each level and chooses one of these when it is called.
//! * `work` and all that it calls are `#[inline(always)]`: what is not inlined is compiled once, for the
//!   least that every processor of the target has.
//! * Where terms may be added in any order (integers, separate sums), loops are left to the compiler. Where
//!   the order counts, a [`Vector`] of fixed length spells it out.
//! * So every level comes to the same bits, which a unit test beside each loop shows on all `levels`. No loop
//!   may depend on the native width, nor fuse a multiplication with an addition.
//!
//! On aarch64 there is one level, NEON. On x86-64 there are four, from SSE2 to AVX-512. Without the feature
//! `dispatch`, for a Rust that is too old for the crate that chooses, there is one level everywhere: what
//! every processor of the target has, which on aarch64 is NEON as well.

use std::array::from_fn;
use std::ops::{Add, AddAssign, BitAnd, Mul, Sub};

#[cfg(feature = "dispatch")]
pub(crate) use fearless_simd::{Level, dispatch};

/// The one level there is without the feature `dispatch`: what every processor of the target has.
#[cfg(not(feature = "dispatch"))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level;

#[cfg(not(feature = "dispatch"))]
impl Level {
    pub(crate) fn new() -> Self {
        Self
    }
}

#[cfg(not(feature = "dispatch"))]
macro_rules! dispatch {
    ($level:expr, $simd:pat => $work:expr) => {{
        let Level = $level;
        $work
    }};
}
#[cfg(not(feature = "dispatch"))]
pub(crate) use dispatch;

/// `N` numbers that are worked on side by side, in registers as wide as there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vector<T, const N: usize>(pub(crate) [T; N]);

pub(crate) type F32x4 = Vector<f32, 4>;
pub(crate) type F32x8 = Vector<f32, 8>;
pub(crate) type I32x4 = Vector<i32, 4>;

impl<T: Copy, const N: usize> Vector<T, N> {
    #[inline(always)]
    pub(crate) fn splat(value: T) -> Self {
        Self([value; N])
    }

    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(T, T) -> T) -> Self {
        Self(from_fn(|lane| f(self.0[lane], other.0[lane])))
    }
}

impl F32x8 {
    #[inline(always)]
    pub(crate) fn abs(self) -> Self {
        Self(self.0.map(f32::abs))
    }
}

impl F32x4 {
    /// The two side by side.
    #[inline(always)]
    pub(crate) fn combine(self, other: Self) -> F32x8 {
        Vector(from_fn(|lane| if lane < 4 { self.0[lane] } else { other.0[lane - 4] }))
    }
}

impl I32x4 {
    #[inline(always)]
    pub(crate) fn to_float(self) -> F32x4 {
        Vector(self.0.map(|count| count as f32))
    }
}

impl<T: Copy + Add<Output = T>, const N: usize> Add for Vector<T, N> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
}

impl<T: Copy + Add<Output = T>, const N: usize> AddAssign for Vector<T, N> {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<T: Copy + Sub<Output = T>, const N: usize> Sub for Vector<T, N> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
}

impl<T: Copy + Mul<Output = T>, const N: usize> Mul for Vector<T, N> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
}

impl<T: Copy + Mul<Output = T>, const N: usize> Mul<T> for Vector<T, N> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, factor: T) -> Self {
        self * Self::splat(factor)
    }
}

impl<T: Copy + BitAnd<Output = T>, const N: usize> BitAnd for Vector<T, N> {
    type Output = Self;

    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        self.zip(other, |a, b| a & b)
    }
}

/// Every level of this processor with its name, from the narrowest.
#[cfg(test)]
pub(crate) fn levels() -> Vec<(&'static str, Level)> {
    let best = Level::new();
    #[cfg(all(feature = "dispatch", target_arch = "x86_64"))]
    {
        use fearless_simd::Simd;
        let levels = [
            ("SSE2", best.as_sse2().map(Simd::level)),
            ("SSE4.2", best.as_sse4_2().map(Simd::level)),
            ("AVX2", best.as_avx2().map(Simd::level)),
            ("AVX-512", best.as_avx512().map(Simd::level)),
        ];
        levels.into_iter().filter_map(|(name, level)| Some((name, level?))).collect()
    }
    #[cfg(not(all(feature = "dispatch", target_arch = "x86_64")))]
    vec![("the only one", best)]
}

/// Asserts that `work` comes to the same at every level of this processor, and says which these are.
#[cfg(test)]
pub(crate) fn assert_same_at_every_level<T: PartialEq + std::fmt::Debug>(work: impl Fn(Level) -> T) {
    let levels = levels();
    let names: Vec<&str> = levels.iter().map(|&(name, _)| name).collect();
    println!("compared: {}", names.join(", "));
    let first = work(levels[0].1);
    for (name, level) in &levels[1..] {
        assert!(work(*level) == first, "{name} differs from {}", names[0]);
    }
}
