package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// newTerminal returns both ends of a terminal: where a person types, and the standard input of a program.
func newTerminal(t *testing.T) (keyboard, stdin *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		leaveOut(t, err)
	}
	t.Cleanup(func() { keyboard.Close() })
	n, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		stdin, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stdin.Close() })
	return keyboard, stdin
}

// On a terminal, what takes something away is shown and asked for first, on standard error. Any answer but yes is a no.
func TestConfirm(t *testing.T) {
	t.Parallel()
	a := newAskable(t)
	file := t.TempDir() + "/roles.yaml"
	if err := os.WriteFile(file, []byte("{name: spare, organization: default}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		command string
		shows   []string
		becomes string // in the answer
	}{
		{"members remove grace", []string{"1 member is concerned", "template:read", "Remove grace from default? [y/N] "}, "grace is no longer a member of default."},
		{"members bulk sue --remove-role reader", []string{"sue", "would lose reader", "Take reader from 1 member? [y/N] "}, "lost reader"},
		{"roles delete reader --org default", []string{"concerned", "Delete reader of default? [y/N] "}, "READER of default was deleted."},
		{"roles apply -f " + file, []string{"Change spare of default", "template:read: allow → not set", "Make 1 change? [y/N] "}, "Roles: 1 changed."},
		{"users suspend tess", []string{"tess@example.com", "Suspend tess? [y/N] "}, "tess is suspended now."},
		{"users delete tess", []string{"Delete tess? [y/N] "}, "tess was deleted."},
	} {
		for _, answer := range []string{"n", "", "what", "Yes"} {
			keyboard, stdin := newTerminal(t)
			if _, err := keyboard.WriteString(answer + "\n"); err != nil {
				t.Fatal(err)
			}
			var out, log bytes.Buffer
			code := run(t.Context(), append(strings.Fields(tt.command), "--db", a.db), nil, stdin, &out, &log)
			for _, text := range tt.shows {
				if !strings.Contains(log.String(), text) {
					t.Errorf("%s: %q is not in\n%s", tt.command, text, log.String())
				}
			}
			if answer == "Yes" {
				if code != exitDone || !strings.Contains(out.String(), tt.becomes) {
					t.Errorf("%s and yes: exit code %d, %s%s", tt.command, code, out.String(), log.String())
				}
				continue
			}
			if code != exitNo || out.Len() > 0 || !strings.HasSuffix(log.String(), "Nothing was changed.\n") {
				t.Errorf("%s and %q: exit code %d, %s%s", tt.command, answer, code, out.String(), log.String())
			}
		}
	}
}

// An interruption ends the question, and nothing is done.
func TestConfirmInterrupted(t *testing.T) {
	t.Parallel()
	_, stdin := newTerminal(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var log bytes.Buffer
	err := new(query).confirm(ctx, &terminal{in: stdin, err: &log}, "Delete all?")
	if !errors.Is(err, errNo) || !strings.HasSuffix(log.String(), "Delete all? [y/N] \nNothing was changed.\n") {
		t.Errorf("%v, %q", err, log.String())
	}
}
