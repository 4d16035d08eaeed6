/** Reads changed Python files with the environment's own Python, without executing them: syntax, and imports that it does not have. */
import * as z from "zod";
import { CheckFailure } from "./failure.ts";
import { runCommand } from "./command.ts";

/** A changed file; `before` is null for a new one. Paths are relative to the environment's folder. */
export interface ChangedSource {
  path: string;
  before: string | null;
  after: string;
}

export interface PythonCheck {
  /** Shell command that starts the environment's Python. */
  python: string;
  /** The environment's folder: modules beside the code are found there. */
  folder: string;
  variables: Readonly<Record<string, string>>;
  sources: readonly ChangedSource[];
}

const TIMEOUT = 30_000;

/**
 * Only modules that the change newly imports are looked for, by their first name, so that nothing of a package is executed; an
 * import that the code itself is prepared to miss (inside `try … except ImportError`) does not count.
 */
const PROGRAM = `
import ast, importlib.util, json, os, sys
request = json.load(sys.stdin)
sys.path.insert(0, request["folder"])
CAUGHT = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}

def names(handler):
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {getattr(kind, "id", None) for kind in kinds} if handler.type else CAUGHT

def imports(tree):
    found, optional = {}, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and any(names(handler) & CAUGHT for handler in node.handlers):
            optional.update(id(inner) for statement in node.body for inner in ast.walk(statement))
    for node in ast.walk(tree):
        if id(node) in optional:
            continue
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            modules = [node.module]
        else:
            continue
        for module in modules:
            found.setdefault(module.split(".")[0], node.lineno)
    return found

def there(module):
    try:
        return module in sys.builtin_module_names or importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False

own = {os.path.splitext(source["path"].split("/")[0])[0] for source in request["sources"]}
problems = []
for source in request["sources"]:
    try:
        now = imports(ast.parse(source["after"]))
    except (SyntaxError, ValueError) as error:
        line, column = getattr(error, "lineno", None), getattr(error, "offset", None)
        problems.append({"kind": "syntax", "path": source["path"], "line": line, "column": column, "what": getattr(error, "msg", str(error))})
        continue
    try:
        known = imports(ast.parse(source["before"] or ""))
    except (SyntaxError, ValueError):
        known = {}
    for module, line in now.items():
        if module not in known and module not in own and not there(module):
            problems.append({"kind": "import", "path": source["path"], "line": line, "column": None, "what": module})
print("CHECKED " + json.dumps(problems))
`;

const Problems = z.array(
  z.object({
    kind: z.enum(["syntax", "import"]),
    path: z.string(),
    line: z.int().nullable(),
    column: z.int().nullable(),
    what: z.string(),
  }),
);

/**
 * @throws CheckFailure `syntax` or `import`
 * @returns why the files could not be checked, when the Python that was to read them does not start; null when all is well
 */
export async function checkPython({ python, folder, variables, sources }: PythonCheck, signal: AbortSignal): Promise<string | null> {
  const read = sources.filter(({ path }) => path.endsWith(".py"));
  if (read.length === 0) return null;
  const quoted = `'${PROGRAM.replaceAll("'", `'\\''`)}'`;
  const end = await runCommand(
    {
      ...{ command: `${python} -c ${quoted}`, cwd: folder, timeout: TIMEOUT, input: JSON.stringify({ folder, sources: read }) },
      variables: { ...variables, PYTHONDONTWRITEBYTECODE: "1", PYTHONIOENCODING: "utf-8" },
    },
    signal,
  );
  const report = /^CHECKED (.*)$/m.exec(end.output)?.[1];
  if (end.code !== 0 || report === undefined) return `${python} does not start: ${end.output.trim().split("\n").at(-1) ?? ""}`;
  const problems = Problems.parse(JSON.parse(report));
  const first = problems[0];
  if (first === undefined) return null;
  const texts = new Map(read.map(({ path, after }) => [path, after]));
  const said = problems.map(sentenceOf);
  const shown = problems.map((problem, index) => {
    const code = problem.line === null ? undefined : texts.get(problem.path)?.split("\n")[problem.line - 1];
    return code === undefined ? said[index] : `${said[index]}\n${problem.line} | ${code}`;
  });
  throw new CheckFailure(first.kind, said.join("; "), {
    detail: shown.join("\n"),
    place: {
      file: first.path,
      ...(first.line === null ? {} : { line: first.line }),
      ...(first.column === null ? {} : { column: Math.max(1, first.column) }),
    },
  });
}

function sentenceOf({ kind, path, line, what }: z.infer<typeof Problems>[number]): string {
  const place = line === null ? path : `${path}:${line}`;
  return kind === "syntax" ? `${place}: ${what}` : `${place}: imports ${what}, which the environment does not have`;
}
