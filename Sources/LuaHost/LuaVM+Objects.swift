extension LuaVM {
  typealias Identity = (type: UInt32, index: Int64, epoch: Int64)

  /// Epoch of objects that last as long as the machine.
  private static let lasting: Int64 = -1

  /// The number an object is known by inside the state.
  func identity(of object: LuaObject) -> Identity {
    guard let type = objectTypes[object.typeName] else {
      preconditionFailure(
        "no ObjectSpec named '\(object.typeName)' is registered")
    }
    switch object.lifetime {
    case .call:
      callObjects.append(object)
      return (type, Int64(callObjects.count - 1), currentEpoch)
    case .machine:
      if let index = object.lastingIndex,
        index < lastingObjects.count, lastingObjects[index] === object
      {
        return (type, Int64(index), Self.lasting)
      }
      lastingObjects.append(object)
      object.lastingIndex = lastingObjects.count - 1
      return (type, Int64(lastingObjects.count - 1), Self.lasting)
    }
  }

  func object(
    type: UInt32, index: Int64, epoch: Int64
  ) throws(ScriptError) -> LuaObject {
    if epoch == Self.lasting { return lastingObjects[Int(index)] }
    guard epoch == currentEpoch, index < callObjects.count else {
      throw ScriptError(
        message: "\(objectTypeNames[Int(type)]): used after the call it was "
          + "made for; take it from the arguments of each call")
    }
    return callObjects[Int(index)]
  }
}
