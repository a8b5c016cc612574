"""Rules, row check, gate, verdicts and reports: what may be published and why.

One rulebook per dataset (`rules/<dataset>.yml`) feeds both the row check and the Great Expectations gate. Not here:
how rows are staged and published (`connectors.warehouse.releases`), what is computed (`dbt_project`).
"""
