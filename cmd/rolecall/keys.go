package main

import (
	"context"
	"fmt"
	"time"

	"rolecall.example/org"
	"rolecall.example/org/services"
	"rolecall.example/org/signing"
)

// printedKey is a signing key without its secret.
type printedKey struct {
	ID         string     `json:"kid"`
	State      string     `json:"state"`
	CreatedAt  time.Time  `json:"created_at"`
	ActiveFrom time.Time  `json:"active_from"`
	RetiredAt  *time.Time `json:"retired_at"` // null if it is not known yet
}

// keysListCommand works on the database, as keys rotate does: a server shows everyone the public keys, and no more.
func keysListCommand() *command {
	return &command{
		name:    "keys list",
		summary: "List the keys that sign snapshots and rights",
		about: "announced: published, and signs later. signing: signs now. accepted: no longer signs, but its signatures are valid for a\n" +
			"day. The secrets are not shown; anyone who can read the database has them.",
		examples: []string{"rolecall keys list", "rolecall keys list --db /var/lib/rolecall/rolecall.db --json"},
		settings: []string{"db"},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return operate(ctx, c, func(ctx context.Context, service *services.Service, _ *org.Actor) error {
				keys, err := service.Signing.Public(ctx)
				if err != nil {
					return err
				}
				return t.print(keysReport(service.Signing.Now(), keys...))
			})
		},
	}
}

func keysRotateCommand() *command {
	return &command{
		name:    "keys rotate",
		summary: "Make a new key to sign snapshots and rights",
		about: "The new key is published immediately and signs after 10 minutes, so that every client has it by then. Signatures of the\n" +
			"old key stay valid for 24 more hours. Servers pick the key up by themselves. Keys in a file (--signing-key-file) are\n" +
			"changed there.",
		examples: []string{"rolecall keys rotate", "rolecall keys rotate --db /var/lib/rolecall/rolecall.db --quiet"},
		settings: []string{"db"},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return operate(ctx, c, func(ctx context.Context, service *services.Service, operator *org.Actor) error {
				k, err := service.Signing.Rotate(ctx, operator)
				if err != nil {
					return err
				}
				r := keysReport(service.Signing.Now(), k)
				r.names = []string{k.ID}
				r.text = sentence("The key %s signs from %s on.", k.ID, k.ActiveFrom.Format(time.RFC3339))
				return t.print(r)
			})
		},
	}
}

// keysReport is a list of keys.
func keysReport(now time.Time, keys ...signing.Key) report {
	list := make([]printedKey, len(keys))
	r := report{head: []string{"KEY", "STATE", "SIGNS FROM", "SIGNS UNTIL"}}
	for i, k := range keys {
		list[i] = printedKey{ID: k.ID, State: string(k.State(now)), CreatedAt: k.CreatedAt, ActiveFrom: k.ActiveFrom}
		until := "-"
		if !k.RetiredAt.IsZero() {
			list[i].RetiredAt = &keys[i].RetiredAt
			until = k.RetiredAt.Format(time.RFC3339)
		}
		r.rows = append(r.rows, []string{k.ID, fmt.Sprint(k.State(now)), k.ActiveFrom.Format(time.RFC3339), until})
	}
	r.value = list
	return r
}
