package org_test

import (
	"bytes"
	"testing"

	"rolecall.example/db/dbtest"
	"rolecall.example/org/services"
)

// TestTagKey: all servers of a database have one secret, those of another have another.
func TestTagKey(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	key := func(s *services.Service) []byte {
		k, err := s.TagKey(t.Context())
		if err != nil || len(k) != 32 {
			t.Fatalf("TagKey = %d bytes, %v", len(k), err)
		}
		return k
	}
	one := key(services.New(d, services.Options{}))
	if again := key(services.New(d, services.Options{})); !bytes.Equal(one, again) {
		t.Error("two servers of one database have two secrets")
	}
	if other := key(services.New(dbtest.Open(t), services.Options{})); bytes.Equal(one, other) {
		t.Error("two databases have one secret")
	}
}
