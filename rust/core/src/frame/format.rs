//! The formats of frames, and how their luma and chroma make colours.

use crate::Error;

/// How the bytes of a frame are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// Red, green, blue of every pixel.
    Rgb888,
    /// Blue, green, red of every pixel.
    Bgr888,
    /// All luma, then all U, then all V, chroma at half the width and half the height (I420).
    Yuv420,
    /// All luma, then U and V of every 2 × 2 pixels in turn.
    Nv12,
    /// Luma, U, luma, V of every two pixels side by side (4:2:2).
    Yuyv,
}

impl PixelFormat {
    /// The format of this name.
    ///
    /// # Errors
    /// [`Error::UnknownName`] unless the name is `rgb888`, `bgr888`, `yuv420`, `nv12` or `yuyv`.
    pub fn from_name(name: &str) -> Result<Self, Error> {
        match name {
            "rgb888" => Ok(Self::Rgb888),
            "bgr888" => Ok(Self::Bgr888),
            "yuv420" => Ok(Self::Yuv420),
            "nv12" => Ok(Self::Nv12),
            "yuyv" => Ok(Self::Yuyv),
            _ => Err(Error::UnknownName {
                what: "pixel_format",
                value: name.into(),
                known: "rgb888, bgr888, yuv420, nv12, yuyv",
            }),
        }
    }

    /// Bytes of a row of so many pixels, without padding; in 4:2:0 those of a row of luma.
    #[must_use]
    pub fn row_bytes(self, width: usize) -> usize {
        match self {
            Self::Rgb888 | Self::Bgr888 => 3 * width,
            Self::Yuyv => 2 * width,
            Self::Yuv420 | Self::Nv12 => width,
        }
    }

    /// Whether chroma has rows of its own, half as many as luma.
    pub(super) fn is_420(self) -> bool {
        matches!(self, Self::Yuv420 | Self::Nv12)
    }

    /// Whether two pixels side by side share their chroma.
    pub(super) fn shares_chroma(self) -> bool {
        !matches!(self, Self::Rgb888 | Self::Bgr888)
    }
}

/// How much red and blue count in luma.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum YuvMatrix {
    /// ITU-R BT.601, also that of JPEG (JFIF) and of sYCC (IEC 61966-2-1, annex G).
    #[default]
    Bt601,
    /// ITU-R BT.709.
    Bt709,
}

impl YuvMatrix {
    /// The matrix of this name.
    ///
    /// # Errors
    /// [`Error::UnknownName`] unless the name is `bt601` or `bt709`.
    pub fn from_name(name: &str) -> Result<Self, Error> {
        match name {
            "bt601" => Ok(Self::Bt601),
            "bt709" => Ok(Self::Bt709),
            _ => Err(Error::UnknownName { what: "yuv_matrix", value: name.into(), known: "bt601, bt709" }),
        }
    }
}

/// Which levels luma and chroma use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum YuvRange {
    /// All 256, as JPEG does.
    #[default]
    Full,
    /// Luma 16 to 235 and chroma 16 to 240, as video does.
    Limited,
}

impl YuvRange {
    /// The range of this name.
    ///
    /// # Errors
    /// [`Error::UnknownName`] unless the name is `full` or `limited`.
    pub fn from_name(name: &str) -> Result<Self, Error> {
        match name {
            "full" => Ok(Self::Full),
            "limited" => Ok(Self::Limited),
            _ => Err(Error::UnknownName { what: "yuv_range", value: name.into(), known: "full, limited" }),
        }
    }
}

/// The size and the format of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// How the bytes are laid out.
    pub format: PixelFormat,
    /// How luma and chroma make colours; packed formats have neither.
    pub matrix: YuvMatrix,
    /// Which levels these use.
    pub range: YuvRange,
}
