"""The site of reports: pages that people read about a release, made of files alone, in Vietnamese and English.

Every page works from a folder, without a server, a network or a build. It shows counts, places and record keys, never
values. What is shown is read in `expectations.report_facts` and the modules here; `expectations.report` writes it.
"""
