"""All contact with the world: schema files, logs, registers, forms."""
