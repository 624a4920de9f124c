package web

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestRepeats: answers are kept for two minutes, for so many forms and bytes, and no account evicts those of others.
func TestRepeats(t *testing.T) {
	t.Parallel()
	r := newRepeats()
	now := time.Now()
	r.now = func() time.Time { return now }
	answered := func(who uuid.UUID, uri string, size int) {
		t.Helper()
		f, first := r.begin(sending{who: who, uri: uri}, nil)
		if !first {
			t.Fatalf("%s is there already", uri)
		}
		r.keep(f, http.StatusOK, http.Header{}, answer{body: make([]byte, size)})
		r.settle(f)
	}
	known := func(who uuid.UUID, uri string) bool {
		f, first := r.begin(sending{who: who, uri: uri}, nil)
		if first {
			r.settle(f) // without an answer: it is as if it had not been there
		}
		return !first
	}
	one, two := uuid.New(), uuid.New()
	answered(one, "/first", 10)
	answered(two, "/first", 10)
	now = now.Add(answerLife - time.Second)
	if !known(one, "/first") || !known(two, "/first") {
		t.Error("an answer is forgotten before its time")
	}
	now = now.Add(time.Second)
	if known(one, "/first") {
		t.Error("an answer outlives its time")
	}
	for i := range 3 * maxOwn {
		answered(one, string(rune('a'+i)), 10)
	}
	if known(one, "a") || !known(one, string(rune('a'+3*maxOwn-1))) || len(r.order) > maxOwn+1 {
		t.Errorf("%d answers of one account are kept", len(r.order))
	}
	r.forget(one)
	if known(one, string(rune('a'+3*maxOwn-1))) {
		t.Error("an answer outlives the session")
	}
	for range maxAnswered/maxAnswer + 10 {
		answered(uuid.New(), "/big", maxAnswer)
	}
	if r.size > maxAnswered {
		t.Errorf("%d bytes are kept", r.size)
	}
	for range maxAnswers + 10 {
		answered(uuid.New(), "/small", 1)
	}
	if len(r.order) != maxAnswers || len(r.sent) != maxAnswers {
		t.Errorf("%d and %d answers are kept", len(r.order), len(r.sent))
	}
	size := 0
	for _, f := range r.order {
		size += len(f.answer.body)
	}
	if size != r.size {
		t.Errorf("%d bytes are counted, %d are there", r.size, size)
	}

	f, _ := r.begin(sending{who: one, uri: "/on its way"}, nil)
	r.forget(one)
	r.keep(f, http.StatusOK, http.Header{}, answer{})
	r.settle(f)
	if known(one, "/on its way") {
		t.Error("the answer to a form that was on its way outlives the session")
	}
}
