"""Colour differences and colour blindness, written from the publications: the oracle for palettes.

CIEDE2000: Sharma, Wu and Dalal 2005. Colour blindness: Machado, Oliveira and Fernandes 2009,
severity 1. sRGB: IEC 61966-2-1.
"""

from __future__ import annotations

import numpy as np

MACHADO = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(color: str) -> np.ndarray:
    """Return linear RGB of a '#RRGGBB' colour."""
    v = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def luminance(color: str) -> float:
    """Return relative luminance (WCAG 2.2)."""
    return float(linear(color) @ [0.2126, 0.7152, 0.0722])


def contrast(a: str, b: str) -> float:
    """Return the contrast ratio (WCAG 2.2)."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def seen(color: str, blindness: str) -> np.ndarray:
    """Return linear RGB of a colour as a colour-blind eye sees it."""
    return np.clip(np.array(MACHADO[blindness]) @ linear(color), 0, 1)


def lab(rgb: np.ndarray) -> np.ndarray:
    """Return CIELAB (D65) of linear RGB."""
    to_xyz = [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
    x = np.array(to_xyz) @ rgb / [0.95047, 1.0, 1.08883]
    f = np.where(x > (6 / 29) ** 3, np.cbrt(x), x / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def ciede2000(one: np.ndarray, two: np.ndarray) -> float:
    """Return the colour difference of two CIELAB colours."""
    (l1, a1, b1), (l2, a2, b2) = one, two
    mean_c = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = (1 - np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7))) / 2
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    if c1 * c2 and abs(h2 - h1) == 180:
        turn = h2 - h1
    dl, dc = l2 - l1, c2 - c1
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    ml, mc = (l1 + l2) / 2, (c1 + c2) / 2
    mh = h1 + h2 if c1 * c2 == 0 else (h1 + h2) / 2
    if c1 * c2 and abs(h1 - h2) > 180:
        mh += 180 if h1 + h2 < 360 else -180

    def cos(degrees: float) -> float:
        return float(np.cos(np.radians(degrees)))

    t = 1 - 0.17 * cos(mh - 30) + 0.24 * cos(2 * mh) + 0.32 * cos(3 * mh + 6)
    t -= 0.20 * cos(4 * mh - 63)
    sl = 1 + 0.015 * (ml - 50) ** 2 / np.sqrt(20 + (ml - 50) ** 2)
    sc, sh = 1 + 0.045 * mc, 1 + 0.015 * mc * t
    rc = 2 * np.sqrt(mc**7 / (mc**7 + 25.0**7))
    rt = -np.sin(np.radians(60 * np.exp(-(((mh - 275) / 25) ** 2)))) * rc
    x, y, z = dl / sl, dc / sc, dh / sh
    return float(np.sqrt(x * x + y * y + z * z + rt * y * z))


def difference(a: str, b: str, blindness: str | None = None) -> float:
    """Return the CIEDE2000 difference of two '#RRGGBB' colours, seen by a given eye."""
    one, two = (linear(c) if blindness is None else seen(c, blindness) for c in (a, b))
    return ciede2000(lab(one), lab(two))
