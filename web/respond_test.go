package web

import (
	"errors"
	"fmt"
	"testing"

	"rolecall.example/org"
)

// TestPart: a page leaves out what its reader may not see, but not what could not be read.
func TestPart(t *testing.T) {
	t.Parallel()
	for kind, fails := range map[org.Kind]bool{
		org.Forbidden: false, org.NotFound: false, org.Internal: true, org.Unavailable: true, org.Unauthenticated: true, org.Invalid: true,
	} {
		v, err := part(7, fmt.Errorf("roles: %w", &org.Error{Kind: kind}))
		if v != 0 || (err != nil) != fails {
			t.Errorf("kind %d: got %d, %v", kind, v, err)
		}
	}
	if _, err := part(7, errors.New("no such table")); err == nil {
		t.Error("what could not be read is left out")
	}
	if v, err := part(7, nil); v != 7 || err != nil {
		t.Errorf("got %d, %v", v, err)
	}
}
