package web

import (
	"context"
	"errors"
	"time"
)

// requestTime is how long a request may take until it is answered. Those behind it wait for the same database: when that
// is slow, requests that nobody waits for any more must not keep it so.
const requestTime = 10 * time.Second

var errTooSlow = errors.New("the request took too long")

// limitTime ends the request's context when it takes too long. stop ends it when the request is answered.
func (c *call) limitTime() (stop func()) {
	ctx, cancel := context.WithCancelCause(c.ctx)
	c.ctx = ctx
	end := c.server.After(requestTime, func() { cancel(errTooSlow) })
	c.unlimit = end
	if c.csv {
		c.takeTime()
	}
	return func() {
		end()
		cancel(nil)
	}
}

// takeTime lets the request take as long as it needs: what it sends is long.
func (c *call) takeTime() {
	if c.unlimit != nil {
		c.unlimit()
	}
}
