package web

import (
	"bufio"
	"net/http"
	"time"

	"rolecall.example/org"
)

// sink takes a streamed answer. Its status and headers go out with the first full buffer, so that the error of a use case
// that refuses before the first row is still answered.
type sink struct {
	*bufio.Writer
	csv     bool
	scratch []byte
}

// A long list is read from one snapshot of the database, whose connection it holds until the client has taken the last
// row. So that slow clients cannot take all of the connections (there are at least four), few such lists are sent at a
// time, and a client must keep up.
const (
	patience    = 10 * time.Second // for one buffer, and for a turn
	allPatience = 2 * time.Minute  // for a whole list
)

// stream is a list that goes out row by row.
type stream struct {
	write       func(*sink) error
	long        bool   // it may be too long to hold
	file        string // the name under which a browser saves it; it is sent whatever representation was asked for
	contentType string // if it is neither JSON nor CSV
}

// sendStream sends a list as it comes out of the database. It is not compressed: programs near by take whole lists, and the
// time goes into the first byte.
func (s *Server) sendStream(c *call, r *stream) error {
	if r.long {
		c.takeTime()
		select {
		case s.streams <- struct{}{}:
			defer func() { <-s.streams }()
		case <-time.After(patience):
			return &org.Error{Kind: org.Unavailable, Message: "Too many long lists are being read.", RetryAfter: patience}
		case <-c.ctx.Done():
			return c.ctx.Err()
		}
	}
	contentType := typeJSONOut
	if c.csv {
		contentType = "text/csv; charset=utf-8"
	}
	if r.contentType != "" {
		contentType = r.contentType
	}
	w := &streamed{file: r.file, call: c, contentType: contentType, until: time.Now().Add(allPatience)}
	out := &sink{Writer: bufio.NewWriterSize(w, 32<<10), csv: c.csv}
	if err := r.write(out); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	c.copy.finish(contentType)
	return nil
}

// streamed sends the headers of an answer when its first bytes come, and gives up on a client that does not read.
type streamed struct {
	call        *call
	contentType string
	file        string
	until       time.Time
}

// Write sends a buffer. The deadline is for each one and for the whole list, so a slow client ends early.
func (w *streamed) Write(b []byte) (int, error) {
	w.call.copy.add(b)
	res := w.call.response()
	if !res.Committed {
		w.call.header("Content-Type", w.contentType)
		if w.file != "" {
			w.call.header("Content-Disposition", `attachment; filename="`+w.file+`"`)
		}
		res.WriteHeader(http.StatusOK)
	}
	deadline := time.Now().Add(patience)
	if deadline.After(w.until) {
		deadline = w.until
	}
	// A response that knows no deadlines is not on a network.
	_ = http.NewResponseController(res).SetWriteDeadline(deadline)
	n, err := res.Write(b)
	if err != nil {
		return n, errClientGone
	}
	return n, nil
}
