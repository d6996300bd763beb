-- The frame's search asks for the sender's number; an answer asks whose a KEP address is.
CREATE INDEX incoming_by_their_number ON incoming_document (their_number);
CREATE INDEX outside_party_by_kep ON outside_party (kep_address);
