"""Demonstration source systems: generated records inside the real boundaries of Ninh Bình.

Nothing here is an extract of a real register: parcels, licences, permits, stations and every person are invented,
seeded and reproducible. Commune boundaries and codes are real. What was damaged on purpose is in `ground_truth.csv`.
"""
