package local

import (
	"context"
	"time"

	"rolecall.example/client"
	"rolecall.example/rbac/snapshot"
)

// answerIn is how long the server may take to answer a check.
const answerIn = time.Second

// ask lets the server decide what cannot be decided here, and begins to load the organization if it is OnDemand, so that the
// next decision can be made here. reason is for a decision without an answer, unless a better one is known then.
func (e *Engine) ask(ctx context.Context, user, organization, permission, owner, atLeast string, reason Reason) Decision {
	e.fetchLater(organization)
	if _, r := e.ready(&question{}); r == TokenRefused || r == IsClosed {
		return Decision{Reason: r}
	}
	e.asked.Add(1)
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	allowed, err := e.client.Permits(ctx, client.Access{User: user, Organization: organization, Permission: permission, Owner: owner, AtLeast: atLeast})
	if err == nil {
		return Decision{Allowed: allowed, Reason: Asked}
	}
	if client.StatusOf(err) == 401 {
		e.refuse(err)
		reason = TokenRefused
	} else if reason == NotLoaded {
		reason = Unreachable
	}
	return Decision{Reason: reason}
}

// fetchLater begins to load an organization that was asked about, if the options say OnDemand.
func (e *Engine) fetchLater(organization string) {
	id, err := snapshot.ParseID(organization)
	if err != nil || id == (snapshot.ID{}) || !e.options.Organizations.onDemand() {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.at(id)
	p.used.Store(int64(e.clock.now()))
	if p.revision == 0 && e.clock.now() >= p.absent {
		e.load(p)
	}
}
