"""What the api knows: snapshots and pulses from NATS, details from payouts."""
