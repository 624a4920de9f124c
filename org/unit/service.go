package unit

import (
	"context"
	"errors"
	"time"

	"rolecall.example/db"
	"rolecall.example/org"
)

// readyTime is how long the database may take to answer Ready, which is called several times a second.
const readyTime = time.Second

// Ready reports whether the data can be read and written. Unavailable: it can only be read; the error says what ends that.
func (s *Units) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	if err := s.DB.Ping(ctx); err != nil {
		if other, ok := errors.AsType[*db.SchemaError](err); ok {
			return &org.Error{Kind: org.Unavailable, Err: err, Message: "the database has changed: " + other.Error()}
		}
		return err
	}
	err := s.DB.Err()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, db.ErrFull):
		return &org.Error{Kind: org.Unavailable, Err: err, Message: "read only: the disk is full; make room"}
	case errors.Is(err, db.ErrUnreadable):
		return &org.Error{Kind: org.Unavailable, Err: err, Message: "the database cannot be read: check the disk, then start the server again"}
	default:
		return &org.Error{Kind: org.Unavailable, Err: err, Message: "read only: the disk failed a write; check the disk, then start the server again"}
	}
}

// Now returns the time as it is stored: UTC, to the microsecond.
func (s *Units) Now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }
