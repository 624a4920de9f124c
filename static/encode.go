package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

// Level is how hard to compress.
type Level uint8

// The levels of compression.
const (
	Fast Level = iota // for an answer: brotli takes about as long as gzip and gives a tenth less
	Best              // for a file that is compressed once
)

// encoder makes compressors of one coding.
type encoder struct {
	coding string
	pools  [2]sync.Pool // by Level
}

// compressor is what the writers of all codings have in common.
type compressor interface {
	io.WriteCloser
	Reset(io.Writer)
}

// encoders are those of all codings, the better one first. The next level of brotli above 6 takes twice as long.
var encoders = [...]*encoder{
	newEncoder("br", func(level int) compressor { return brotli.NewWriterLevel(nil, level) }, 6, brotli.BestCompression),
	newEncoder("gzip", func(level int) compressor {
		w, _ := gzip.NewWriterLevel(nil, level) // the levels are valid
		return w
	}, 5, gzip.BestCompression),
}

func newEncoder(coding string, make func(level int) compressor, fast, best int) *encoder {
	e := &encoder{coding: coding}
	e.pools[Fast].New = func() any { return make(fast) }
	e.pools[Best].New = func() any { return make(best) }
	return e
}

// Compress returns body in a coding that Negotiate gave, or body itself for "".
func Compress(body []byte, coding string, level Level) []byte {
	for _, e := range encoders {
		if e.coding != coding {
			continue
		}
		w := e.pools[level].Get().(compressor)
		defer e.pools[level].Put(w)
		var b bytes.Buffer
		w.Reset(&b)
		_, _ = w.Write(body) // a buffer takes everything
		_ = w.Close()
		return b.Bytes()
	}
	return body
}

// Negotiate returns the best of our codings that a header Accept-Encoding accepts, "" if it accepts none.
func Negotiate(header string) string {
	for _, e := range encoders {
		if accepts(header, e.coding) {
			return e.coding
		}
	}
	return ""
}

func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if name, params, _ := strings.Cut(part, ";"); strings.EqualFold(strings.TrimSpace(name), coding) {
			return Weight(params) > 0
		}
	}
	return false
}

// Weight reads the q of the parameters of an entry of Accept or Accept-Encoding, 1 if there is none. One that cannot be read
// counts as 0: not accepted.
func Weight(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil || !(q >= 0 && q <= 1) { // written so that NaN is refused too
				return 0
			}
			return q
		}
	}
	return 1
}
