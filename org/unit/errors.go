package unit

import (
	"rolecall.example/db"
)

// IsUnavailable says whether a use case failed because the data cannot be written now: the disk is full or has failed, or
// another program holds the file.
func IsUnavailable(err error) bool { return db.IsUnavailable(err) }
