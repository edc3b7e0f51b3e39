"""Keys of documents: one makes new codes and seals, older ones only verify."""
