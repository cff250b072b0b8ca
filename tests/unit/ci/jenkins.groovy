// Runs a Jenkinsfile as the plugin Declarative Pipeline would, as far as the file uses it, and prints what each stage did as JSON lines.
// Arguments: the Jenkinsfile, the variables of the build as JSON, its parameters as JSON, whether a timer started it.
import groovy.json.JsonOutput
import groovy.json.JsonSlurper

class Conditions {
  Map env
  Map params
  boolean timer
  List<Boolean> found = []

  def propertyMissing(String name) { throw new MissingPropertyException(name, Conditions) }
  void changeRequest() { found << (env.CHANGE_ID != null) }
  void branch(String name) { found << (env.BRANCH_NAME == name) }
  void triggeredBy(String cause) { assert cause == 'TimerTrigger'; found << timer }
  void expression(Closure asked) { found << (Recorder.within(asked, this) as boolean) }
  void allOf(Closure inner) {
    def all = new Conditions(env: env, params: params, timer: timer)
    Recorder.within(inner, all)
    found << all.found.every()
  }
}

class Steps {
  Recorder recorder
  List<String> credentials = []
  List<Map> done = []

  String file(Map said) { "file:${said.credentialsId}:${said.variable}" }
  String string(Map said) { "string:${said.credentialsId}:${said.variable}" }
  void withCredentials(List given, Closure inner) {
    credentials = given*.toString()
    Recorder.within(inner, this)
    credentials = []
  }
  void sh(String command) { done << [sh: command, credentials: credentials] }
}

class Stage {
  Recorder recorder
  String name
  boolean runs = true
  Map variables = [:]

  void when(Closure asked) {
    def conditions = new Conditions(env: recorder.env, params: recorder.params, timer: recorder.timer)
    Recorder.within(asked, conditions)
    runs = conditions.found.every()
  }
  void environment(Closure said) { variables = Recorder.assigned(said, recorder) }
  void steps(Closure said) {
    def steps = new Steps(recorder: recorder)
    Recorder.within(said, steps)
    println JsonOutput.toJson([stage: name, runs: runs, environment: variables, steps: steps.done])
  }
}

class Recorder {
  Map env
  Map params
  boolean timer

  static Object within(Closure closure, Object owner) {
    closure.delegate = owner
    closure.resolveStrategy = Closure.DELEGATE_FIRST
    closure.call()
  }
  static Map assigned(Closure closure, Recorder recorder) {
    def said = new Expando(env: recorder.env, params: recorder.params)
    within(closure, said)
    said.properties.findAll { !(it.key in ['env', 'params']) }.collectEntries { key, value -> [key, value.toString()] }
  }
  void agent(Closure said) { within(said, this) }
  void docker(Closure said) { within(said, this) }
  void image(String name) { println JsonOutput.toJson([image: name]) }
  void options(Closure said) { within(said, this) }
  void disableConcurrentBuilds() {}
  void timeout(Map said) {}
  void triggers(Closure said) { within(said, this) }
  void cron(String said) { println JsonOutput.toJson([cron: said]) }
  void parameters(Closure said) { within(said, this) }
  void choice(Map said) {}
  void string(Map said) {}
  void environment(Closure said) { println JsonOutput.toJson([environment: assigned(said, this)]) }
  void stages(Closure said) { within(said, this) }
  void stage(String name, Closure said) { within(said, new Stage(recorder: this, name: name)) }
}

def read = new JsonSlurper()
def recorder = new Recorder(env: read.parseText(args[1]), params: read.parseText(args[2]), timer: args[3] == 'true')
def binding = new Binding(env: recorder.env, params: recorder.params)
binding.pipeline = { Closure said -> Recorder.within(said, recorder) }
new GroovyShell(binding).evaluate(new File(args[0]))
