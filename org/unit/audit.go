package unit

import (
	"github.com/google/uuid"
)

// ParseID is the id that s spells, uuid.Nil if it spells none.
func ParseID(s string) uuid.UUID {
	id, err := uuid.Parse(s)
	if err != nil {
		return uuid.Nil
	}
	return id
}
