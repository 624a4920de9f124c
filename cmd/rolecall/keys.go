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
	RetiredAt  *time.Time `json:"retired_at"` // null: it is not known yet
}

// keysListCommand works on the database, as keys rotate does: a server shows the public keys to everybody, and no more.
func keysListCommand() *command {
	return &command{
		name:    "keys list",
		summary: "List the keys that snapshots and rights are signed with",
		about: "announced: it is published and signs later. signing: it signs now. accepted: it signs no more, and what it signed counts\n" +
			"for a day. The secrets are not shown; whoever can read the database has them.",
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
		summary: "Make a new key to sign snapshots and rights with",
		about: "It is published at once and signs after 10 minutes, so that every client has it by then. What the old one signed counts\n" +
			"for 24 hours more. Servers take it up by themselves. Keys in a file (--signing-key-file) are changed there.",
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
