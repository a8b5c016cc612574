"""The ways to break a source: name and what it does. Each is refused by `lienthong run` and undone by `repair`."""

FAULTS = {
    "column_missing": "land registry: a column of the parcel table is gone",
    "column_added": "land registry: the parcel table has a column that the contract does not know",
    "column_retyped": "land registry: the survey area became a text column",
    "table_empty": "land registry: the parcel table is empty",
    "table_missing": "land registry: the parcel table is gone",
    "wrong_zone": "land registry: all parcels of office 37 are stated in zone 9209 instead of 5897",
    "rows_gone": "land registry: 40 % of the parcels are gone",
    "mass_delete": "land registry: 8 % of the parcels were deleted at once",
    "keys_duplicated": "land registry: parcel ids occur twice",
    "mark_went_back": "land registry: all times of update lie 60 days earlier than before",
    "mark_missing": "land registry: 2 % of the parcels have no time of update",
    "service_html": "permit register: answers an HTML error page with status 200",
    "service_short": "permit register: announces more rows than it delivers",
    "service_down": "permit register: does not answer",
    "mineral_html": "mineral cadastre: answers an HTML error page with status 200",
    "mineral_short": "mineral cadastre: announces more rows than it delivers",
    "mineral_down": "mineral cadastre: does not answer",
    "sftp_down": "monitoring feed: the SFTP server does not answer",
    "truncated_file": "monitoring feed: the newest file ends in the middle of a line",
    "garbage_file": "monitoring feed: the newest file is binary rubbish",
}
