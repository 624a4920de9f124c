package web

import (
	"context"
	"errors"
	"time"
)

// requestTime is the longest time that a request may take. A slow database must not be kept slow by requests whose
// clients have given up.
const requestTime = 10 * time.Second

var errTooSlow = errors.New("the request took too long")

// limitTime cancels the request's context when it takes too long. stop cancels it when the request is answered.
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

// takeTime removes the time limit for a long answer.
func (c *call) takeTime() {
	if c.unlimit != nil {
		c.unlimit()
	}
}
