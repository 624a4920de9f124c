package org_test

import (
	"errors"
	"io"
	"testing"

	"rolecall.example/org"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	refusal := org.ErrNotFound()
	both := errors.Join(refusal, io.EOF)
	for _, tt := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{io.EOF, `set roles of "wendy": EOF`},
		{refusal, refusal.Error()},
		{both, both.Error()},
	} {
		err := tt.err
		org.Wrap(&err, "set roles of %q", "wendy")
		if got := text(err); got != tt.want || !errors.Is(err, tt.err) || org.KindOf(err) != org.KindOf(tt.err) {
			t.Errorf("Wrap(%v) = %v, want %s", tt.err, err, tt.want)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
