"""When, never how: one DAG per source contract, the release, and maintenance. How lives in connectors and expectations."""
