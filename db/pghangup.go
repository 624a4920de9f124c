package db

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// pingAfter is how long a connection may be idle before it is tested. It is the library's own value.
const pingAfter = time.Second

// hangUp is when a connection of a pool last broke, in nanoseconds since 1970. A restarting server ends all of them at
// once, and each would fail the next query that uses it. So when one breaks, the others are tested before they are used.
type hangUp struct{ atomic.Int64 }

// shouldPing reports whether a connection must be tested before it is used again.
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
