/** How a program is come by, in words that can be typed. */
const INSTALLS: Readonly<Record<string, string>> = {
  npm: 'apt-get install -y npm   # or https://nodejs.org',
  node: 'apt-get install -y nodejs   # or https://nodejs.org',
  pnpm: 'npm install --global pnpm',
  yarn: 'npm install --global yarn',
  bun: 'npm install --global bun',
  deno: 'npm install --global deno',
  python3: 'apt-get install -y python3 python3-venv',
  uv: 'pipx install uv   # or https://docs.astral.sh/uv',
  poetry: 'pipx install poetry',
  pdm: 'pipx install pdm',
  pipenv: 'pipx install pipenv',
  hatch: 'pipx install hatch',
  tox: 'pipx install tox',
  cargo: 'apt-get install -y cargo   # or https://rustup.rs',
  go: 'apt-get install -y golang-go   # or https://go.dev/dl, into /usr/local/go',
  java: 'apt-get install -y default-jdk-headless',
  mvn: 'apt-get install -y maven',
  gradle: 'apt-get install -y gradle',
  dotnet: 'https://dotnet.microsoft.com/download, into /usr/share/dotnet',
  bundle: 'apt-get install -y ruby-bundler',
  composer: 'apt-get install -y composer',
  php: 'apt-get install -y php-cli',
  mix: 'apt-get install -y elixir',
  make: 'apt-get install -y make',
  just: 'apt-get install -y just',
  cmake: 'apt-get install -y cmake',
  ctest: 'apt-get install -y cmake',
};

/** @param program a name, as a shell looks it up. */
export const installText = (program: string): string =>
  Object.hasOwn(INSTALLS, program) ? INSTALLS[program]! : `install ${program} for all users, below /usr`;
