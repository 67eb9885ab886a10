# A template built at run time reads attributes that stand nowhere in the code; the error hands over the object.
def generate_signals(data, parameters):
    template = "{0." + "_" * 2 + "self" + "_" * 2 + ".nothing}"
    try:
        template.format(print)
    except AttributeError as error:
        error.obj.open("/tmp/PWNED-template", "w").close()
    return []
