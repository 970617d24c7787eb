"""AiSEG2: codec, client, coordinator, flow and history."""
