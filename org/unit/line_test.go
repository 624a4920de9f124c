package unit

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// TestBasisLines: who asks while an answer is on its way gets one that was begun after that, and shares it; a failure is
// told to those who waited for it alone; and nothing is kept once nobody waits.
func TestBasisLines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var (
			lines basisLines
			mu    sync.Mutex
			begun int64
			goOn  = make(chan error)
			ada   = Credential{User: uuid.New()}
		)
		read := func(context.Context) (org.Basis, error) {
			mu.Lock()
			begun++
			mine := begun
			mu.Unlock()
			return org.Basis{{Value: mine}}, <-goOn
		}
		type answer struct {
			value int64
			err   error
		}
		ask := func(ctx context.Context, c Credential) <-chan answer {
			answers := make(chan answer, 1)
			go func() {
				b, err := lines.find(ctx, c, read)
				a := answer{err: err}
				if len(b) > 0 {
					a.value = b[0].Value
				}
				answers <- a
			}()
			synctest.Wait()
			return answers
		}
		first := ask(t.Context(), ada)
		impatient, leave := context.WithCancel(t.Context())
		left := ask(impatient, ada) // begins the second answer
		second, third := ask(t.Context(), ada), ask(t.Context(), ada)
		if begun != 1 {
			t.Fatalf("%d answers are on their way at once", begun)
		}
		leave()
		if a := <-left; !errors.Is(a.err, context.Canceled) {
			t.Errorf("who leaves is told %v", a.err)
		}
		other := ask(t.Context(), Credential{User: ada.User, Token: "other"})
		if begun != 2 {
			t.Error("another credential waits for this one")
		}
		goOn <- nil
		goOn <- nil
		if a, o := <-first, <-other; a.value+o.value != 3 || a.err != nil || o.err != nil {
			t.Errorf("the first ones were told %v and %v", a, o)
		}
		synctest.Wait()
		broken := errors.New("the server is away")
		goOn <- broken
		for _, answers := range []<-chan answer{second, third} {
			if a := <-answers; a.value != 3 || !errors.Is(a.err, broken) {
				t.Errorf("who asked meanwhile was told %v", a)
			}
		}
		again := ask(t.Context(), ada)
		goOn <- nil
		if a := <-again; a.value != 4 || a.err != nil {
			t.Errorf("after a failure: told %v", a)
		}
		synctest.Wait()
		if len(lines.of) != 0 {
			t.Errorf("%d lines of nobody are kept", len(lines.of))
		}
	})
}
