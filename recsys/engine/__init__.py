"""Build warehouses: plan, schedule and run models, check their contracts, publish the result."""
