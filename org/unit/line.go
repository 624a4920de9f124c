package unit

import (
	"context"
	"sync"

	"rolecall.example/org"
)

// basisLines let those who ask about one caller at once share an answer, where nothing cheap tells whether an older one still
// holds. An answer that is on its way when somebody asks may be older than a write that was acknowledged before: it is not
// theirs. All who ask meanwhile share the next one.
type basisLines struct {
	mu sync.Mutex
	of map[Credential]*basisLine // those in which somebody is
}

// basisLine is who waits for one caller's basis.
type basisLine struct {
	waiting int
	last    *basisAnswer // the newest one
	begun   bool         // it is on its way, or there
}

type basisAnswer struct {
	done chan struct{}
	b    org.Basis
	err  error
}

// find gives what a read finds that begins after the call. It goes on when who asked first leaves, since others may wait.
func (s *basisLines) find(ctx context.Context, c Credential, read func(context.Context) (org.Basis, error)) (org.Basis, error) {
	l, a := s.enter(ctx, c, read)
	defer s.leave(c, l)
	select {
	case <-a.done:
		return a.b, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *basisLines) enter(ctx context.Context, c Credential, read func(context.Context) (org.Basis, error)) (*basisLine, *basisAnswer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.of[c]
	if l == nil {
		l = &basisLine{}
		if s.of == nil {
			s.of = map[Credential]*basisLine{}
		}
		s.of[c] = l
	}
	l.waiting++
	if l.last == nil || l.begun {
		before, a := l.last, &basisAnswer{done: make(chan struct{})}
		l.last, l.begun = a, false
		l.waiting++ // itself, so that there is no second line before it is done
		go func() {
			defer s.leave(c, l)
			if before != nil {
				<-before.done
			}
			s.mu.Lock()
			l.begun = true
			s.mu.Unlock()
			a.b, a.err = read(context.WithoutCancel(ctx))
			close(a.done)
		}()
	}
	return l, l.last
}

func (s *basisLines) leave(c Credential, l *basisLine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.waiting--; l.waiting == 0 {
		delete(s.of, c)
	}
}
