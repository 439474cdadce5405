"""A task as data: scenario, physics, objective, telemetry, faults."""
