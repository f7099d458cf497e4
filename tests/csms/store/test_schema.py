"""What the tables can hold on other databases than SQLite, whose integers have any size."""

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from ladewerk.csms.store import schema


def test_the_sequence_numbers_of_16_need_53_bits() -> None:
    for table in (schema.transactions, schema.transaction_events):
        dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # the library has it so
        created = str(CreateTable(table).compile(dialect=dialect))
        assert "seq_no BIGINT NOT NULL" in created
