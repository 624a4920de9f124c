package local

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxEvent bounds an event. The largest ones contain a catalog.
const maxEvent = 16 << 20

// errEventSize reports an event that is larger than any of a rolecall server.
var errEventSize = errors.New("the feed sent an event of more than 16 MiB")

// event is one of a stream of server-sent events.
type event struct {
	name string
	id   string // "": it has none
	data []byte // valid until the next one is read
}

// events reads a stream of server-sent events.
type events struct {
	lines *bufio.Reader
	line  []byte
	data  []byte
}

func newEvents(r io.Reader) *events { return &events{lines: bufio.NewReaderSize(r, 16<<10)} }

// next returns the next event that has a name. It never returns an event that is cut off.
func (s *events) next() (event, error) {
	var e event
	s.data = s.data[:0]
	for {
		line, err := s.readLine()
		if err != nil {
			return event{}, err
		}
		if len(line) == 0 { // the end of an event; what had no name was a comment
			if e.name != "" {
				e.data = bytes.TrimSuffix(s.data, []byte("\n"))
				return e, nil
			}
			e, s.data = event{}, s.data[:0]
			continue
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			e.name = string(value)
		case "id":
			e.id = string(value)
		case "data":
			if len(s.data)+len(value) > maxEvent {
				return event{}, errEventSize
			}
			s.data = append(append(s.data, value...), '\n')
		}
	}
}

// readLine returns a line without its line break.
func (s *events) readLine() ([]byte, error) {
	s.line = s.line[:0]
	for {
		part, err := s.lines.ReadSlice('\n')
		s.line = append(s.line, part...)
		switch {
		case err == nil:
			return bytes.TrimRight(s.line, "\r\n"), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(s.line) > maxEvent:
			return nil, errEventSize
		}
	}
}
