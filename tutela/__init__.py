"""tutela: policy as code for customer data."""
