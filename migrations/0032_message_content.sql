-- The same bytes under another id of the provider are the same letter.
CREATE INDEX incoming_message_by_content ON incoming_message (content_hash);
