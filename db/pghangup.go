package db

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// pingAfter is how long a connection may be idle before it is asked whether it still works. The library's own figure.
const pingAfter = time.Second

// hangUp is when a connection of a pool last broke, in nanoseconds since 1970. A server that restarts ends all of them at
// once, and each would fail the query that uses it next. So when one breaks, the others are asked before they are used.
type hangUp struct{ atomic.Int64 }

// shouldPing reports whether a connection is to be asked before it is used again.
func (h *hangUp) shouldPing(_ context.Context, p stdlib.ShouldPingParams) bool {
	return p.IdleDuration > pingAfter || time.Now().Add(-p.IdleDuration).UnixNano() <= h.Load()
}

// watch makes dial return connections that tell h when they break.
func (h *hangUp) watch(dial pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return noticedConn{conn, h}, nil
	}
}

type noticedConn struct {
	net.Conn
	broke *hangUp
}

func (c noticedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil {
		c.broke.Store(time.Now().UnixNano())
	}
	return n, err
}
