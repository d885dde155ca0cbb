package main

import (
	"slices"
	"strconv"

	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/watch"
)

// watching says whether aside stays with the command.
func (f *runFlags) watching(ci string) (bool, error) {
	if f.watch && f.noWatch {
		return false, usagef("--watch and --no-watch exclude each other")
	}
	inCI, err := strconv.ParseBool(ci)
	inCI = inCI || ci != "" && err != nil // CI=woodpecker is true as well
	return f.watch || !f.noWatch && !inCI, nil
}

// reactions are those that aside.yaml says for single names, within what is
// watched at all; for every other name there is usual.
func (p *project) reactions(only []string, usual func(string) inject.Reaction) func(string) inject.Reaction {
	watched := make([]string, len(only))
	for i, name := range only {
		watched[i] = p.variable(name)
	}
	own := map[string]inject.Reaction{}
	for _, s := range p.config.Secrets {
		if text := s.Value.OnChange.Value; text != "" {
			// It was checked as aside.yaml was read.
			own[s.Value.Variable(s.Key.Value)], _ = inject.ParseReaction(text)
		}
	}
	return func(name string) inject.Reaction {
		if len(only) > 0 && !slices.Contains(watched, name) {
			return inject.Reaction{Ignore: true}
		}
		if reaction, ok := own[name]; ok {
			return reaction
		}
		return usual(name)
	}
}

// watchConfig says what to watch: the files of all sources, and the remote ones.
func (p *project) watchConfig(all []sources.Source, f *runFlags) watch.Config {
	c := watch.Config{Debounce: f.debounce, Log: p.app.logger()}
	every := p.config.PollFor(p.stage)
	if every == 0 || f.pollGiven {
		every = f.poll
	}
	for _, src := range all {
		switch src := src.(type) {
		case sources.FileSource:
			c.Files = append(c.Files, src.Paths()...)
		case sources.PolledSource:
			if f.offline {
				continue
			}
			c.Polls = append(c.Polls, watch.Poll{
				Name:  p.config.StoreFor(p.stage).Value,
				Every: every,
				Token: "not asked yet", // the first answer is compared with nothing, see sources.Cached
				Check: src.Version,
			})
		}
	}
	return c
}
