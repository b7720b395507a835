import { useCallback, useRef, useState } from "react";
import type { Todo } from "../../api/types";
import { Toast } from "../../ui/toast";
import { FilterBar } from "./filter_bar";
import { fits, isFiltered, NO_FILTERS, useFilters } from "./filters";
import { KeysDialog } from "./keys_dialog";
import { ListHeader } from "./list_header";
import { useTodos } from "./queries";
import { QuickAdd } from "./quick_add";
import { TodoEditor } from "./todo_editor";
import { TodoList } from "./todo_list";
import { TodoRow } from "./todo_row";
import { useActions } from "./use_actions";
import { useEdits } from "./use_edits";
import { useKeys } from "./use_keys";
import { useRows } from "./use_rows";
import { useSelection } from "./use_selection";

export function TodosPage() {
  const [filters, setFilters] = useFilters();
  const [showsKeys, setShowsKeys] = useState(false);
  const title = useRef<HTMLInputElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const todos = useTodos(filters);
  const { edits, ...editing } = useEdits();
  const { complete, remove, message, setMessage } = useActions();
  const dismiss = useCallback(() => setMessage(null), [setMessage]);

  // What is being edited stays, even when the list has it no more: nothing typed is lost.
  const listed = todos.data ?? [];
  const left = [...edits.values()].filter(
    ({ base, saving }) => !saving && !listed.some(({ id }) => id === base.id),
  );
  const shown = [...left.map(({ base }) => base), ...listed];
  const selection = useSelection(listed);
  const rows = useRows(list, shown);

  const finish = (some: Todo[]): void => complete(some, !some.every(({ completed }) => completed));
  const drop = (some: Todo[]): void => {
    if (some.length === 0) return;
    rows.leave(some);
    remove(some);
  };
  // What a key is about: all that is selected, else the row with the focus.
  const meant = (): Todo[] => {
    const here = rows.current();
    return selection.selected.length > 0 ? selection.selected : here ? [here] : [];
  };
  const showAll = (): void => setFilters(NO_FILTERS);
  const look = (added: Todo): void => {
    if (fits(added, filters)) return;
    const action = { label: "Show all", run: showAll };
    setMessage({ text: "Added, but the filters hide it", action });
  };
  const here = (act: (todo: Todo) => void) => (): boolean => {
    const todo = rows.current();
    if (todo) act(todo);
    return todo !== undefined;
  };
  const finishMeant = (): boolean => {
    const some = meant();
    finish(some);
    return some.length > 0;
  };
  const next = (): boolean => {
    const moved = rows.move(1);
    if (!moved && todos.hasNextPage) void todos.fetchNextPage();
    return moved;
  };

  useKeys({
    n: () => title.current?.focus(),
    "/": () => search.current?.focus(),
    j: next,
    ArrowDown: next,
    k: () => rows.move(-1),
    ArrowUp: () => rows.move(-1),
    x: here(selection.toggle),
    Enter: here(editing.begin),
    " ": finishMeant,
    c: finishMeant,
    Delete: () => drop(meant()),
    u: () => message?.action?.run(),
    Escape: selection.clear,
    "?": () => setShowsKeys(true),
  });

  return (
    <div className="mx-auto grid max-w-360 items-start gap-x-6 gap-y-4 lg:grid-cols-[22.5rem_minmax(0,1fr)]">
      <title>Todos · Zoetrope</title>
      <div className="divide-y divide-line rounded-card border border-line bg-surface *:p-4 lg:sticky lg:top-5">
        <div>
          <QuickAdd title={title} onAdded={look} />
        </div>
        <div>
          <FilterBar filters={filters} onChange={setFilters} search={search} />
        </div>
      </div>
      <div className="min-w-0">
        <ListHeader
          shown={listed.length}
          more={todos.hasNextPage}
          selection={selection}
          onComplete={() => {
            rows.resume();
            finish(selection.selected);
          }}
          onDelete={() => drop(selection.selected)}
          onKeys={() => setShowsKeys(true)}
        />
        <TodoList
          todos={todos}
          count={shown.length}
          filtered={isFiltered(filters)}
          onClear={showAll}
          onAdd={() => title.current?.focus()}
        >
          <div
            ref={list}
            role="grid"
            aria-label="Todos"
            aria-multiselectable
            className="divide-y divide-line rounded-card border border-line bg-surface"
          >
            {shown.map((todo) => {
              const edit = edits.get(todo.id);
              return (
                <TodoRow
                  key={todo.id}
                  todo={todo}
                  selected={selection.has(todo)}
                  reachable={rows.reachable === todo.id}
                  onFocus={() => rows.setLast(todo.id)}
                  onSelect={() => selection.toggle(todo)}
                  onComplete={() => finish([todo])}
                  onEdit={() => editing.begin(todo)}
                  onDelete={() => drop([todo])}
                  editor={
                    edit &&
                    !edit.saving && (
                      <TodoEditor
                        edit={edit}
                        onType={(change) => editing.type(edit, change)}
                        onSave={() => editing.save(edit)}
                        onCancel={() => editing.cancel(edit)}
                      />
                    )
                  }
                />
              );
            })}
          </div>
        </TodoList>
      </div>
      <Toast message={message} onActed={rows.resume} onClose={dismiss} />
      {showsKeys && <KeysDialog onClose={() => setShowsKeys(false)} />}
    </div>
  );
}
