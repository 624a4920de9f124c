package org_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/services"
)

// A time of use that cannot be stored fails no request, and is not lost in silence.
func TestLastUsedFails(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	secret, token, err := s.CreateToken(t.Context(), s.as(t, "m"), "me", given(org.TokenInput{Name: "mine"}))
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	service := services.New(s.db, services.Options{Now: s.clock.now, Log: slog.New(slog.NewTextHandler(&log, nil))})
	// No write begins with this context.
	by, err := service.TokenSubject(db.Writing(t.Context()), org.Request{ID: "the-request"}, secret)
	if err != nil || by.TokenID != token.ID {
		t.Errorf("TokenSubject: %v", err)
	}
	if got := log.String(); strings.Count(got, "level=WARN") != 1 || !strings.Contains(got, "request_id=the-request") || !strings.Contains(got, token.ID) {
		t.Errorf("the log is %q", got)
	}
}
