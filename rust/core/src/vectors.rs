//! Vectors as wide as the processor has them, without `unsafe`: the one pattern of all hot loops.
//!
//! * A type with a hot loop keeps the [`Level`] of the processor, found when it is made.
//! * Its public function enters the loop with `dispatch!(self.level, simd => self.work(simd, ...))`. The
//!   macro compiles `work` once for each level and chooses one of these when it is called.
//! * `work` and all that it calls are `#[inline(always)]`: what is not inlined is compiled once, for the
//!   least that every processor of the target has.
//! * Where terms may be added in any order (integers, separate sums), plain loops are left to the compiler,
//!   and `simd` is not used. Where the order counts, a vector type of fixed length spells it out.
//! * So every level comes to the same bits, which a unit test beside each loop shows on all `levels`. No loop
//!   may depend on the native width (`S::f32s`), nor fuse a multiplication with an addition.
//!
//! On aarch64 there is one level, NEON. On x86-64 there are four, from SSE2 to AVX-512.

pub(crate) use fearless_simd::{Level, dispatch};

/// Every level of this processor with its name, from the narrowest.
#[cfg(test)]
pub(crate) fn levels() -> Vec<(&'static str, Level)> {
    let best = Level::new();
    #[cfg(target_arch = "x86_64")]
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
    #[cfg(not(target_arch = "x86_64"))]
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
