package static

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Level is how hard to compress.
type Level uint8

// The levels of compression.
const (
	Fast     Level = iota // for an answer: zstd makes 13 KiB of a page of 86, in a sixth of the time that brotli takes to make 11
	Small                 // for a large answer, which has to get over a slow line
	Best                  // for a file that is compressed once
	Streamed              // for a list of any length: three times as fast as it comes out of the database
)

// encoder makes compressors of one coding.
type encoder struct {
	coding string
	pools  [4]sync.Pool // by Level
}

// compressor is what the writers of all codings have in common.
type compressor interface {
	io.WriteCloser
	Flush() error
	Reset(io.Writer)
}

// The next level of brotli above 6 takes twice as long. What brotli (2 to the 18th bytes) and zstd look back at bounds the
// memory of a compressor: at its default brotli takes 10 MB instead of 3.
var (
	br = newEncoder("br", func(level int) compressor {
		return brotli.NewWriterOptions(nil, brotli.WriterOptions{Quality: level, LGWin: 18})
	},
		map[Level]int{Fast: 6, Small: 6, Best: brotli.BestCompression, Streamed: 4})
	gz = newEncoder("gzip", func(level int) compressor {
		w, _ := gzip.NewWriterLevel(nil, level) // the levels are valid
		return w
	}, map[Level]int{Fast: 5, Small: 6, Best: gzip.BestCompression, Streamed: 5})
	zst = newEncoder("zstd", func(level int) compressor {
		w, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.EncoderLevel(level)), zstd.WithWindowSize(256<<10), zstd.WithEncoderConcurrency(1))
		return w // the options are valid
	}, map[Level]int{Fast: int(zstd.SpeedDefault), Small: int(zstd.SpeedBetterCompression), Best: int(zstd.SpeedBestCompression), Streamed: int(zstd.SpeedFastest)})
)

// encoders are those of all codings by level, the better one first. At the speed of a stream zstd is the smallest too.
var encoders = [...][]*encoder{Fast: {zst, br, gz}, Small: {br, zst, gz}, Best: {br, zst, gz}, Streamed: {zst, gz, br}}

// newEncoder takes a level of the coding for each Level.
func newEncoder(coding string, make func(level int) compressor, levels map[Level]int) *encoder {
	e := &encoder{coding: coding}
	for level, own := range levels {
		e.pools[level].New = func() any { return make(own) }
	}
	return e
}

// Writer compresses what is written to it.
type Writer struct {
	compressor
	pool *sync.Pool
}

// NewWriter returns a writer that compresses to out in a coding that Negotiate gave for the level. Close ends what it
// writes; Release must be called when it is not used any more.
func NewWriter(out io.Writer, coding string, level Level) *Writer {
	for _, e := range encoders[level] {
		if e.coding == coding {
			w := &Writer{e.pools[level].Get().(compressor), &e.pools[level]}
			w.Reset(out)
			return w
		}
	}
	panic("static: no coding " + coding)
}

// Release gives the memory of the writer back, whether it was closed or not.
func (w *Writer) Release() {
	w.Reset(io.Discard)
	w.pool.Put(w.compressor)
}

// Compress returns body in a coding that Negotiate gave for the level, or body itself for "".
func Compress(body []byte, coding string, level Level) []byte {
	if coding == "" {
		return body
	}
	var b bytes.Buffer
	w := NewWriter(&b, coding, level)
	defer w.Release()
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// Negotiate returns the best coding at a level that a header Accept-Encoding accepts, "" if it accepts none of ours.
func Negotiate(header string, level Level) string {
	for _, e := range encoders[level] {
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
