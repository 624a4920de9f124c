package web

import (
	"bufio"
	"cmp"
	"net/http"
	"sync"
	"time"

	"rolecall.example/org"
	"rolecall.example/static"
)

// sink takes a streamed answer. Its status and headers go out with the first full buffer, so that a use case that
// refuses before the first row can still answer with an error.
type sink struct {
	*bufio.Writer
	csv     bool
	scratch []byte
}

// A long list is read from one snapshot of the database, whose connection it holds until the client has taken the last
// row. To keep slow clients from taking all connections (there are at least four), only a few such lists are sent at a
// time, and clients must keep up.
const (
	patience    = 10 * time.Second // for one buffer, and for waiting for a turn
	allPatience = 2 * time.Minute  // for a whole list
)

// stream is a list that goes out row by row.
type stream struct {
	write       func(*sink) error
	long        bool   // it may be too long to keep in memory
	file        string // the name under which a browser saves it; sent whatever representation was asked for
	contentType string // if it is neither JSON nor CSV
	plain       bool   // never compressed
}

// buffers are reused: clearing a new one takes longer than sending a page.
var buffers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, 32<<10) }}

// sendStream sends a list as it comes from the database, compressed buffer by buffer if the client accepts that.
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
	if r.plain {
		c.takeTime()
	}
	w := &streamed{file: r.file, plain: r.plain, call: c, answer: answer{contentType: cmp.Or(r.contentType, contentType)}, until: time.Now().Add(allPatience)}
	defer w.release()
	buffer := buffers.Get().(*bufio.Writer)
	defer buffers.Put(buffer)
	buffer.Reset(w)
	defer buffer.Reset(nil) // it must not keep the request's objects alive
	out := &sink{Writer: buffer, csv: c.csv}
	if err := r.write(out); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if err := w.end(); err != nil {
		return err
	}
	c.copy.finish(w.answer)
	return nil
}

// streamed sends the headers of an answer with its first bytes, and gives up on a client that does not read.
type streamed struct {
	call   *call
	answer answer // without its body
	file   string
	plain  bool
	until  time.Time
	zip    *static.Writer // nil if it is not compressed
}

// Write sends a buffer. If the list is short, the first one is the whole list.
func (w *streamed) Write(b []byte) (int, error) {
	if !w.call.response().Committed {
		w.begin(len(b))
	}
	if w.zip == nil {
		return wire{w}.Write(b)
	}
	if _, err := w.zip.Write(b); err != nil {
		return 0, errClientGone
	}
	if err := w.zip.Flush(); err != nil {
		return 0, errClientGone
	}
	// Only network connections can be flushed.
	_ = http.NewResponseController(w.call.response().Writer).Flush()
	return len(b), nil
}

// begin sends the headers. Until then an error can still be sent, so they do not name a coding before.
func (w *streamed) begin(size int) {
	c := w.call
	if w.answer.varies = size >= worthCompressing && !w.plain; w.answer.varies {
		c.response().Header().Add("Vary", "Accept-Encoding")
		w.answer.coding = c.coding(static.Streamed)
	}
	if w.answer.coding != "" {
		c.header("Content-Encoding", w.answer.coding)
		w.zip = static.NewWriter(wire{w}, w.answer.coding, static.Streamed)
	}
	c.header("Content-Type", w.answer.contentType)
	if w.file != "" {
		c.header("Content-Disposition", `attachment; filename="`+w.file+`"`)
	}
	c.response().WriteHeader(http.StatusOK)
}

// end sends the end of the compressed data.
func (w *streamed) end() error {
	if w.zip != nil && w.zip.Close() != nil {
		return errClientGone
	}
	return nil
}

func (w *streamed) release() {
	if w.zip != nil {
		w.zip.Release()
	}
}

// wire is the connection that a streamed answer goes to.
type wire struct{ *streamed }

// Write sends bytes as they are. The deadline is for each buffer and for the whole list, so a slow client ends early.
func (w wire) Write(b []byte) (int, error) {
	w.call.copy.add(b)
	deadline := time.Now().Add(patience)
	if deadline.After(w.until) {
		deadline = w.until
	}
	res := w.call.response()
	// Only network connections have deadlines.
	_ = http.NewResponseController(res).SetWriteDeadline(deadline)
	n, err := res.Write(b)
	if err != nil {
		return n, errClientGone
	}
	return n, nil
}
