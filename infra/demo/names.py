"""Invented persons, organisations and their identifiers. No real person is meant; parts are common Vietnamese names."""

import numpy as np

FAMILY = [
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Phan",
    "Vũ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
    "Đinh",
]
MIDDLE = ["Văn", "Thị", "Đức", "Minh", "Ngọc", "Quang", "Hữu", "Thanh", "Xuân", "Kim", "Hồng", "Thu", "Gia", "Bảo"]
GIVEN = ["An", "Bình", "Cường", "Dung", "Giang", "Hà", "Hải", "Hạnh", "Hiếu", "Hoa", "Hùng", "Huyền", "Khánh", "Lan"]
GIVEN += [
    "Liên",
    "Linh",
    "Long",
    "Mai",
    "Nam",
    "Nga",
    "Phúc",
    "Phương",
    "Quân",
    "Sơn",
    "Thảo",
    "Thắng",
    "Trang",
    "Tuấn",
]
COMPANY_FORMS = ["Công ty TNHH", "Công ty Cổ phần", "Hợp tác xã", "Doanh nghiệp tư nhân"]
COMPANY_TRADES = ["Xây dựng", "Khoáng sản", "Thương mại", "Chế biến nông sản", "May", "Vật liệu xây dựng", "Cơ khí"]
COMPANY_WORDS = ["Hoa Lư", "Tràng An", "Thiên Trường", "Châu Giang", "Sông Đáy", "Non Nước", "Tam Điệp", "Kim Sơn"]
COMPANY_WORDS += ["Hải Hậu", "Phủ Lý", "Bích Động", "Đông Thành", "Nam Sơn", "Hồng Hà", "Trường Yên", "Phát Diệm"]
CHECK_WEIGHTS = np.array([31, 29, 23, 19, 17, 13, 7, 5, 3])


def person_names(rng: np.random.Generator, count: int) -> np.ndarray:
    """Full names of invented natural persons."""
    parts = [rng.choice(np.array(pool, dtype=object), count) for pool in (FAMILY, MIDDLE, GIVEN)]
    return np.asarray(parts[0] + " " + parts[1] + " " + parts[2], dtype=object)


def company_names(rng: np.random.Generator, count: int) -> np.ndarray:
    """Names of invented organisations; the number at the end keeps them apart."""
    parts = [rng.choice(np.array(pool, dtype=object), count) for pool in (COMPANY_FORMS, COMPANY_TRADES, COMPANY_WORDS)]
    numbers = np.array([f" {n}" for n in rng.integers(1, 999, count)], dtype=object)
    return np.asarray(parts[0] + " " + parts[1] + " " + parts[2] + numbers, dtype=object)


def personal_numbers(rng: np.random.Generator, office: np.ndarray) -> np.ndarray:
    """12-digit personal identification numbers: birth place, century and sex, birth year, six random digits."""
    sex = rng.integers(0, 2, len(office))
    year = rng.integers(45, 100, len(office))
    rest = rng.integers(0, 1_000_000, len(office))
    return np.array(
        [f"0{o}{s}{y:02d}{r:06d}" for o, s, y, r in zip(office, sex, year, rest, strict=True)], dtype=object
    )


def tax_codes(rng: np.random.Generator, count: int) -> np.ndarray:
    """Valid 10-digit tax codes of organisations: the check digit is 10 − (Σ wᵢ·Nᵢ mod 11), never 10."""
    found: list[str] = []
    while len(found) < count:
        digits = rng.integers(0, 10, (count * 2, 9))
        digits[:, 0], digits[:, 1] = 0, rng.choice([6, 7], count * 2)
        remainder = (digits * CHECK_WEIGHTS).sum(axis=1) % 11
        usable = (remainder > 0) & (digits[:, 2:] > 0).any(axis=1)
        checked = np.column_stack([digits, 10 - remainder])[usable]
        found.extend("".join(map(str, row)) for row in checked[: count - len(found)])
    return np.array(found, dtype=object)


def telephones(rng: np.random.Generator, count: int) -> np.ndarray:
    """Invented telephone numbers."""
    return np.array([f"09{number:08d}" for number in rng.integers(0, 100_000_000, count)], dtype=object)
