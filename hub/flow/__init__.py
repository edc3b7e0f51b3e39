"""The way of a message: receive, poll, fetch, route, deliver, confirm, sweep, replay.

One stage, one file. A stage is an `async` function over a `Flow` that calls the network between
short transactions; what a transaction decides is plain Python over a `Board`:

    lanes      seats and waits: who may go next to one object
    outcomes   what one attempt's outcome does to its delivery
    revisions  what a new or revoked revision does to the deliveries of its record
"""
