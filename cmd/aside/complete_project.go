package main

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aside-cli/aside/cmd/internal/config"
	"github.com/aside-cli/aside/sources"
)

// stages are those that aside.yaml names and those that the local store holds.
func (c *completer) stages(_ context.Context, p *project) []string {
	found := map[string]bool{"dev": true, p.stage: true, p.config.Stage.Value: true}
	for _, s := range p.config.Stages {
		found[s.Key.Value] = true
	}
	files, _ := os.ReadDir(filepath.Join(p.config.Root, ".aside", "secrets"))
	for _, file := range files {
		if stage, ok := strings.CutSuffix(file.Name(), ".age"); ok {
			found[stage] = true
		}
	}
	var stages []string
	for _, stage := range slices.Sorted(maps.Keys(found)) {
		if config.CheckStage(stage) == nil { // no glob, and no file of another kind
			stages = append(stages, cobra.CompletionWithDesc(stage, string(p.config.StageType(stage))))
		}
	}
	return stages
}

// secrets are those that aside.yaml names, and those that the store holds or
// is known to have held when it was last asked.
func (c *completer) secrets(ctx context.Context, p *project) []string {
	found := map[string]string{}
	for _, l := range p.config.Links {
		for _, name := range l.Value {
			found[name.Value] = name.Value
		}
	}
	for _, name := range p.storedNames(ctx) {
		found[name] = name
	}
	for _, s := range p.config.Secrets {
		found[s.Key.Value] = s.Key.Value
		if text := s.Value.Description.Value; text != "" {
			found[s.Key.Value] = cobra.CompletionWithDesc(s.Key.Value, text)
		}
	}
	return slices.Sorted(maps.Values(found))
}

// storedNames returns the names of the stored secrets, as far as they can be
// told without asking a store that is not on this machine.
func (p *project) storedNames(ctx context.Context) []string {
	stored := sources.Stored(p.store, p.scopes()...)
	if polled, ok := stored.(sources.PolledSource); ok {
		kept, err := p.kept(polled, layers{offline: true})
		if err != nil {
			return nil
		}
		stored = kept
	}
	reading, err := stored.Read(ctx)
	if err != nil {
		return nil
	}
	return names(reading.Values)
}

// variables are those that a command would get from below the environment.
func (c *completer) variables(ctx context.Context, p *project) []string {
	env, err := p.lenient().environment(ctx, layers{offline: true})
	if err == nil {
		var all []string
		for _, v := range defined(env) {
			all = append(all, v.Name)
		}
		return all
	}
	var all []string
	for _, declared := range p.config.Secrets {
		all = append(all, declared.Value.Variable(declared.Key.Value))
	}
	for _, parameter := range p.config.Parameters {
		all = append(all, parameter.Key.Value)
	}
	return all
}

func (c *completer) environ(context.Context, *project) []string {
	var all []string
	for _, v := range c.app.environ {
		name, _, _ := strings.Cut(v, "=")
		all = append(all, name)
	}
	return all
}

func (c *completer) links(_ context.Context, p *project) []string {
	var all []string
	for _, l := range p.config.Links {
		all = append(all, cobra.CompletionWithDesc(l.Key.Value, strings.Join(texts(l.Value), ", ")))
	}
	return all
}

func (c *completer) recipients(_ context.Context, p *project) []string {
	recipients, _ := p.localStore().Recipients(false)
	var all []string
	for _, r := range recipients {
		if r.Name != "" {
			all = append(all, cobra.CompletionWithDesc(r.Name, r.Key))
		} else {
			all = append(all, r.Key)
		}
	}
	return all
}
