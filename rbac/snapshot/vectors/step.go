package main

import (
	"encoding/json"

	"rolecall.example/rbac/snapshot"
)

// step is a line. It has the fields of all steps, so that a reader needs one type.
type step struct {
	Step      string          `json:"step"`
	Format    int             `json:"format,omitempty"`
	Seed      uint64          `json:"seed,omitempty"`
	Count     int             `json:"count,omitempty"` // of questions
	Issuer    string          `json:"issuer,omitempty"`
	Keys      *snapshot.JWKS  `json:"keys,omitempty"`
	Document  []byte          `json:"document,omitempty"`
	Event     string          `json:"event,omitempty"`
	Data      json.RawMessage `json:"data,omitempty"`
	Expect    string          `json:"expect,omitempty"`
	Now       int64           `json:"now,omitempty"` // microseconds since 1970
	Questions []question      `json:"questions,omitempty"`
	Answers   string          `json:"answers,omitempty"`

	Organization string `json:"organization,omitempty"`
	Kind         string `json:"kind,omitempty"`
	Value        string `json:"value,omitempty"`
	ID           string `json:"id,omitempty"`
}

// question is [user, organization, pair, own] in JSON.
type question struct {
	user, org snapshot.ID
	pair      int
	own       bool
}

// MarshalJSON writes the list.
func (q question) MarshalJSON() ([]byte, error) {
	own, org := 0, "" // short: there are a hundred thousand of them
	if q.own {
		own = 1
	}
	if q.org != (snapshot.ID{}) {
		org = snapshot.FormatID(q.org)
	}
	return json.Marshal([]any{snapshot.FormatID(q.user), org, q.pair, own})
}

// UnmarshalJSON reads the list. The tests play lines with it; another implementation reads them in its own way.
func (q *question) UnmarshalJSON(data []byte) (err error) {
	var user, org string
	var own int
	if err := json.Unmarshal(data, &[]any{&user, &org, &q.pair, &own}); err != nil {
		return err
	}
	q.own = own == 1
	if org != "" {
		if q.org, err = snapshot.ParseID(org); err != nil {
			return err
		}
	}
	q.user, err = snapshot.ParseID(user)
	return err
}
