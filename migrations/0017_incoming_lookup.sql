-- Who wrote is found by the KEP address that a message names.
CREATE INDEX unit_by_kep ON unit (kep_address);
