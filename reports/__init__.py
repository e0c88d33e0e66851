"""Writers: findings and decisions become documents."""
