package views

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// Tokens is the list of the API tokens of an account.
type Tokens struct {
	org.UserView
	Tokens []org.Token
	Secret string // of the token that was just made, shown once
	Revoke string // id of the token to ask about
	Name   string // as entered in a refused form
	Days   int

	OnlyAsks      bool          // likewise: it may only ask
	Organizations string        // and of which organizations
	Longest       time.Duration // that a token may live
	Err           *org.Error
	Now           time.Time
}

// TokenDays are the choices for the lifetime of a token; the first is the default.
var TokenDays = []int{30, 7, 60, 90, 365}

// dayChoices are the lifetimes to choose from, in order. There may be none.
func (t Tokens) dayChoices() []int {
	days := slices.Sorted(slices.Values(TokenDays))
	return slices.DeleteFunc(days, func(d int) bool { return time.Duration(d)*org.Day > t.Longest })
}

func (t Tokens) days() int {
	if t.Days > 0 {
		return t.Days
	}
	return TokenDays[0]
}

func (t Tokens) revoking() *org.Token {
	for i := range t.Tokens {
		if t.Tokens[i].ID == t.Revoke {
			return &t.Tokens[i]
		}
	}
	return nil
}

// tokenMaker is the name of the account that made a token for this one, "" if it made the token itself.
func tokenMaker(t org.Token) string {
	if t.MadeBy != uuid.Nil && t.Maker == "" {
		return "someone whose account is gone"
	}
	return t.Maker
}

// tokenLimit says what a token may do, "" for all that its account may do.
func tokenLimit(t org.Token) string {
	if !t.Decides {
		return ""
	}
	names := make([]string, len(t.Within))
	for i, p := range t.Within {
		names[i] = cmp.Or(p.Name, p.ID.String())
	}
	if len(names) == 0 {
		return "may only ask"
	}
	return "may only ask, of " + strings.Join(names, ", ")
}

func lifeLabel(days int) string {
	if days == 365 {
		return "1 year"
	}
	return strconv.Itoa(days) + " days"
}
